// The table of cases.
import "../columns";
import "../exports";
import "../filters";
import "../keyboard";
import "../remote";
import "../rows";
import "../selection";
import "../table_failures";
import "../table_live";
