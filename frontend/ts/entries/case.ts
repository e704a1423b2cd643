// What a case's page has besides.
import "../case_copy";
import "../case_fold";
import "../case_head";
import "../case_live";
import "../case_payments";
import "../case_preview";
import "../case_steps";
import "../composer";
import "../counting";
import "../decision";
import "../draft_files";
import "../drafts";
import "../offer";
import "../panels";
import "../replies";
import "../uploads";
