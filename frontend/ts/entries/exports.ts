// The page of exports.
import "../exports";
