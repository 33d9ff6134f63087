import * as crypto from 'node:crypto';
import { type DeriveArgon2, pureArgon2 } from '@isoquorum/privacy/enclave/key-file';

/** OpenSSL's Argon2 where this Node has it (24.7 and later), the pure one elsewhere. */
export const nodeArgon2: DeriveArgon2 = (password, salt, options) => {
  if (typeof crypto.argon2 !== 'function') return pureArgon2(password, salt, options);
  const { variant, iterations, memory, parallelism } = options;
  return new Promise((resolve, reject) => {
    const parameters = { message: password, nonce: salt, parallelism, tagLength: 32, memory, passes: iterations };
    crypto.argon2(`argon2${variant}`, parameters, (error, key) => {
      if (error === null || error === undefined) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
};
