export const JSON_TYPE = 'application/json';
export const TESSERA_2_1 = 'application/vnd.tessera-2.1+json';
export const TESSERA_3_0 = 'application/vnd.tessera-3.0+json';
export const TESSERA_4_0 = 'application/vnd.tessera-4.0+json';
export const OCTETS = 'application/octet-stream';
export const TEXT = 'text/plain';

/** The media type of a `Content-Type` header without parameters, in lower case; absent means bytes. */
export function mediaType(contentType: string | undefined): string {
  return contentType === undefined ? OCTETS : (contentType.split(';', 1)[0] as string).trim().toLowerCase();
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function parseAccept(accept: string): Range[] {
  return accept
    .slice(0, 1_000)
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
      const quality = parameters
        .map((parameter) => /^q=([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1])
        .find((found) => found !== undefined);
      return { type, quality: quality === undefined ? 1 : Number(quality) };
    });
}

/** How well a type is accepted: 0 not at all. The most specific range that matches decides. */
function qualityOf(ranges: readonly Range[], type: string): number {
  const group = `${type.split('/', 1)[0]}/*`;
  for (const wanted of [type, group, '*/*', '*']) {
    const range = ranges.find((candidate) => candidate.type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

/** Which of `offered` (in order of preference) a client that sent this `Accept` header gets; `undefined`: none. */
export function negotiate(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0];
  const ranges = parseAccept(accept);
  let best: string | undefined;
  let bestQuality = 0;
  for (const type of offered) {
    const quality = qualityOf(ranges, type);
    if (quality > bestQuality) {
      best = type;
      bestQuality = quality;
    }
  }
  return best;
}

/** The first type of an `Accept` header, for answers of no declared type; text unless one is named. */
export function firstAccepted(accept: string | undefined): string {
  const type = accept === undefined ? '' : (accept.split(/[,;]/, 1)[0] as string).trim().toLowerCase();
  return /^[a-z]+\/[a-z0-9.+-]+$/.test(type) ? type : TEXT;
}
