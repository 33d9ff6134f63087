/** Shortens `0x…` text or base64 so that both ends stay readable. */
export function shorten(text: string, head = 8, tail = 6): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** How long ago something was, in words for a person who glances. */
export function ageText(secondsAgo: number): string {
  const seconds = Math.max(0, Math.round(secondsAgo));
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** A number with thin groups, such as 12 345. */
export function groupDigits(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `one block`, `2 blocks`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What the transport of a connection is called. */
export function transportText(transport: string): string {
  const names: Record<string, string> = {
    ws: 'WebSocket',
    webrtc: 'WebRTC, direct',
    relay: 'through a relay',
    tcp: 'TCP',
    memory: 'in memory',
  };
  return names[transport] ?? transport;
}
