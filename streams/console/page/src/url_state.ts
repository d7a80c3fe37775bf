/** What the address holds beside the path: filters, layers and the chosen alert. */
export function urlValue(name: string): string | null {
  return new URLSearchParams(location.search).get(name);
}

/** Keep a value in the address; null or the usual one leaves it out. */
export function keepInUrl(name: string, value: string | null, usual = ""): void {
  const url = new URL(location.href);
  if (value === null || value === usual) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  if (url.href !== location.href) history.replaceState(null, "", url);
}
