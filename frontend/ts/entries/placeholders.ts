// The page of a saved reply.
import "../placeholders";
