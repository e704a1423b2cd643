// What a customer's page of a case has besides.
import "../case_live";
import "../case_preview";
import "../draft_files";
import "../drafts";
import "../offer";
import "../panels";
import "../uploads";
