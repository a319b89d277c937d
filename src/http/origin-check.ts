/**
 * Whether a page may change something here. A browser names the page's origin with every request
 * that is not a plain read; a request without one comes from no page. A page of this node itself
 * has the node's own address, as the client wrote it in `Host`, as its origin.
 */
export function originAllowed(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (host === undefined || !/^https?:\/\/[^/?#@]+$/i.test(origin)) return false;
  const own = authority(`http://${host}`);
  return own !== undefined && authority(origin) === own;
}

/** Host and port in one spelling; the scheme's own port is left out. */
function authority(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
