import { Buffer } from 'node:buffer';
import { constants, crc32, gzip } from 'node:zlib';

/** Below this many bytes a body is wrapped without being compressed: a few bytes more, hardly any time. */
const STORED_BYTES_MAX = 1024;

/** A gzip member that holds the bytes as they are (one stored block, RFC 1952 and RFC 1951 3.2.4). Up to 65,535 bytes. */
export function storedGzip(body: Uint8Array): Buffer {
  const member = Buffer.allocUnsafe(body.length + 23);
  member.writeUInt32BE(0x1f8b0800, 0);
  member.writeUInt32BE(0x00000000, 4);
  member.writeUInt16BE(0x04ff, 8);
  member.writeUInt8(1, 10);
  member.writeUInt16LE(body.length, 11);
  member.writeUInt16LE(~body.length & 0xffff, 13);
  member.set(body, 15);
  member.writeUInt32LE(crc32(body), 15 + body.length);
  member.writeUInt32LE(body.length, 19 + body.length);
  return member;
}

/** Calls back with the body as a gzip member. */
export function gzipBody(text: string, done: (member: Buffer) => void): void {
  const body = Buffer.from(text, 'utf8');
  if (body.length <= STORED_BYTES_MAX) {
    done(storedGzip(body));
    return;
  }
  gzip(body, { level: constants.Z_BEST_SPEED }, (error, member) => {
    done(error === null ? member : storedGzip(body));
  });
}
