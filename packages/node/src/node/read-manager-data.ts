import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { createManagerData, type ManagerData } from '../import/manager-data.ts';

/** JSON of a file, unpacked when its name ends in `.gz`. @throws PAYLOADS_INVALID */
export function readJsonFile(path: string): unknown {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsoquorumError('PAYLOADS_INVALID', `${path} cannot be read: ${reason}`, { field: path }, 'REJECT', {
      cause,
    });
  }
  try {
    return JSON.parse(bytesToUtf8(path.endsWith('.gz') ? gunzipSync(bytes) : bytes));
  } catch (cause) {
    throw new IsoquorumError('PAYLOADS_INVALID', `${path} is not JSON`, { field: path }, 'REJECT', { cause });
  }
}

/**
 * What a recorded node's manager knew: files in its folder `nodes/<i>`, and the exchanges of all nodes two folders above.
 * @throws PAYLOADS_INVALID, MANAGER_DATA_INVALID
 */
export function readManagerData(directory: string): ManagerData {
  const optional = (...names: readonly string[]): unknown => {
    const path = names.map((name) => join(directory, name)).find((name) => existsSync(name));
    return path === undefined ? undefined : readJsonFile(path);
  };
  if (!existsSync(directory)) {
    throw new IsoquorumError('MANAGER_DATA_INVALID', `${directory} does not exist`, { field: directory });
  }
  const number = Number(basename(resolve(directory)));
  return createManagerData({
    payloads: optional('payloads.json', 'payloads.json.gz') ?? {},
    details: optional('payload-details.json', 'payload-details.json.gz'),
    exchanges: optional('q2t.json.gz', 'q2t.json', '../../q2t.json.gz', '../../q2t.json'),
    node: Number.isSafeInteger(number) ? number : undefined,
  });
}
