// What a customer's page of a case has besides.
import "../case_live";
import "../case_preview";
import "../drafts";
import "../offer";
import "../panels";
import "../uploads";
