import { isIP } from 'node:net';

/** Host part of a `Host` header: without port and brackets. */
export function hostOf(header: string): string {
  if (header.startsWith('[')) {
    const end = header.indexOf(']');
    return end < 0 ? header : header.slice(1, end);
  }
  const colon = header.indexOf(':');
  return colon >= 0 && header.indexOf(':', colon + 1) < 0 ? header.slice(0, colon) : header;
}

/**
 * Whether a request for that `Host` is served: any IP address, and the names that are listed, compared to the letter as the original does.
 * It keeps a page whose name was made to point at this machine (DNS rebinding) from reading answers.
 */
export function isHostAllowed(header: string | undefined, allowedHosts: readonly string[]): boolean {
  if (header === undefined || header === '' || allowedHosts.includes('*')) return true;
  const host = hostOf(header);
  return isIP(host) !== 0 || allowedHosts.includes(host);
}

/** Whether a page of that origin may read answers. An entry may hold one `*`; a bare name stands for any scheme and port (WebSocket lists). */
export function isOriginAllowed(origin: string, allowedOrigins: readonly string[]): boolean {
  const given = origin.toLowerCase();
  return allowedOrigins.some((entry) => {
    const allowed = entry.toLowerCase();
    if (allowed === '*' || allowed === given) return true;
    const star = allowed.indexOf('*');
    if (star >= 0)
      return (
        given.length >= allowed.length - 1 &&
        given.startsWith(allowed.slice(0, star)) &&
        given.endsWith(allowed.slice(star + 1))
      );
    if (allowed.includes('://')) return false;
    try {
      return new URL(given).hostname === allowed;
    } catch {
      return false;
    }
  });
}
