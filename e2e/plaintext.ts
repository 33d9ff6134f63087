import { createReadStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';

/** One way in which a secret may lie in memory or in a file. */
export interface PlaintextForm {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A number as an ABI-padded word, and as text: hex, decimal, UTF-16, base64 at the three alignments. */
export function plaintextForms(secret: bigint): PlaintextForm[] {
  const hex = secret.toString(16);
  const raw = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const inner = [0, 1, 2].map((shift) => {
    // The part of base64 text that does not depend on the neighbours.
    const padded = Buffer.concat([Buffer.alloc(shift), raw]);
    const text = padded.toString('base64').replace(/=+$/, '');
    return text.slice(shift === 0 ? 0 : shift + 1, Math.floor((padded.length * 8) / 6) - 1);
  });
  return [
    { name: 'word', bytes: raw },
    { name: 'hex', bytes: Buffer.from(hex) },
    { name: 'HEX', bytes: Buffer.from(hex.toUpperCase()) },
    { name: 'decimal', bytes: Buffer.from(secret.toString()) },
    { name: 'UTF-16', bytes: Buffer.from(hex, 'utf16le') },
    ...inner.map((text, shift) => ({ name: `base64+${shift}`, bytes: Buffer.from(text) })),
  ];
}

const CHUNK_BYTES = 1 << 24;

/** Names of the forms that a process holds in readable memory (`/proc/<pid>/mem`). */
export async function findInMemory(pid: number, forms: readonly PlaintextForm[]): Promise<string[]> {
  const found = new Set<string>();
  const longest = Math.max(...forms.map((form) => form.bytes.length));
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r.*?(\[v(?:var|syscall|var_vclock)\])?$/.exec(line);
    if (match === null || match[3] !== undefined) continue;
    const start = Number.parseInt(match[1] ?? '', 16);
    const end = Number.parseInt(match[2] ?? '', 16) - 1;
    if (!Number.isSafeInteger(end) || end <= start) continue;
    const stream = createReadStream(`/proc/${pid}/mem`, { start, end, highWaterMark: CHUNK_BYTES });
    let tail = Buffer.alloc(0);
    stream.on('data', (chunk) => {
      const part = Buffer.concat([tail, chunk as Buffer]);
      for (const form of forms) if (part.includes(Buffer.from(form.bytes))) found.add(form.name);
      tail = part.subarray(Math.max(0, part.length - longest));
    });
    // Guard pages and device memory cannot be read: nothing of ours is there.
    await finished(stream).catch(() => undefined);
  }
  return [...found];
}
