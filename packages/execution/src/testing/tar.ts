/** A regular file of a tar archive. */
export interface TarFile {
  readonly path: string;
  readonly content: Uint8Array;
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The regular files of a tar archive (ustar, GNU long names). */
export function* readTar(archive: Uint8Array): Generator<TarFile> {
  let longName: string | undefined;
  for (let offset = 0; offset + 512 <= archive.length; ) {
    const header = archive.subarray(offset, offset + 512);
    if (header[0] === 0) return;
    const size = Number.parseInt(text(header.subarray(124, 136)).trim() || '0', 8);
    const type = String.fromCharCode(header[156] as number);
    const content = archive.subarray(offset + 512, offset + 512 + size);
    const prefix = text(header.subarray(345, 500));
    const name = text(header.subarray(0, 100));
    if (type === 'L') longName = text(content);
    else {
      const path = (longName ?? (prefix === '' ? name : `${prefix}/${name}`)).replace(/^\.\//, '');
      longName = undefined;
      if (type === '0' || type === '\0') yield { path, content };
    }
    offset += 512 + Math.ceil(size / 512) * 512;
  }
}
