// The review queue of the platform.
import "../keyboard";
import "../queue";
import "../rows";
