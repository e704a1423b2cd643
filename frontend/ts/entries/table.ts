// The table of cases.
import "../columns";
import "../filters";
import "../keyboard";
import "../remote";
import "../rows";
import "../selection";
import "../table_live";
