// Reporting a problem with a purchase.
import "../autosave";
import "../counting";
import "../drafts";
import "../sent_back";
import "../uploads";
