// A step that came back with what is wrong stands in the history as the step itself, not as a form to be sent again:
// the browser's Back shows it as it is kept, instead of a page that has expired.
import { onLoad } from "./behaviour";

onLoad("form[data-sent-back]", () => history.replaceState(history.state, "", location.href));
