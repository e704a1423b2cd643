// When an answer does not come, the table stays as it is, says so, and can be asked for again.

interface Failure {
  pathInfo: { requestPath: string };
  requestConfig: { verb: string };
}

let failed: string | null = null;

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const { pathInfo, requestConfig } = (event as CustomEvent<Failure>).detail;
    const notice = document.querySelector<HTMLElement>("[data-table-error]");
    if (!notice) return;
    failed = requestConfig.verb === "get" ? pathInfo.requestPath : null;
    notice.hidden = false;
    for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
  });
}

document.addEventListener("click", (event) => {
  if (!(event.target as Element).closest("[data-table-retry]")) return;
  const isTable = failed !== null && new URL(failed, location.href).pathname === location.pathname;
  location.assign(isTable ? (failed ?? "") : location.href);
});
