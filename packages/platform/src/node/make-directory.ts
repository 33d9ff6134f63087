import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { IsoquorumError } from '@isoquorum/primitives/errors';

/** `DIRECTORY_UNUSABLE`: it cannot be made, or something else is in its place. */
export type DirectoryErrorCode = 'DIRECTORY_UNUSABLE';

/** @throws what the file system says, unless somebody else made it in this moment */
function makeOne(path: string, mode: number | undefined): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/**
 * Makes a directory, and those above it that are missing, one by one: the `recursive` of Node never returns where the system says that nothing can be
 * made below a directory that is there (`/proc`). Another process may make the same ones at the same time.
 * @param mode of what is made; as the process's mask says unless told
 * @throws DIRECTORY_UNUSABLE
 */
export function makeDirectory(path: string, mode?: number): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    for (const one of missing.toReversed()) makeOne(one, mode);
    if (!statSync(path).isDirectory()) throw new Error('it is a file');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsoquorumError(
      'DIRECTORY_UNUSABLE',
      `${path} cannot be a directory: ${reason}`,
      { path, reason },
      'STOP',
      {
        cause,
      },
    );
  }
}
