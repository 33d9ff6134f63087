import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { generateKeyFiles } from '@isoquorum/manager/node/key-files';
import { readOptionFile } from '../options.ts';

/** Makes a manager's key pair as Tessera's files (`path.key`, `path.pub`); returns the public key in base64. */
export async function writeManagerKey(path: string): Promise<string> {
  return bytesToBase64(await generateKeyFiles({ path }));
}

/** Key files for `--key a,b` (each a path without ending, or ending in .key) with the passwords of `--password-file`, one a line. */
export function managerKeys(
  paths: string,
  passwordFile: string | undefined,
): { readonly path: string; readonly password?: string }[] {
  const passwords = passwordFile === undefined ? [] : readOptionFile('--password-file', passwordFile).split(/\r?\n/);
  return paths.split(',').map((path, index) => {
    const password = passwords[index];
    return {
      path: path.endsWith('.key') ? path : `${path}.key`,
      ...(password === undefined || password === '' ? {} : { password }),
    };
  });
}
