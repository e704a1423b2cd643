// What every page has.
import htmx from "htmx.org";
import "../behaviour";
import "../dialogs";
import "../forms";
import "../live";
import "../printing";
import "../reader";
import "../toasts";

Object.assign(window, { htmx });
