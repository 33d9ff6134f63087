/**
 * Set-up of every Vitest project: properties of fast-check draw their cases from one seed, so that `npm test` comes to the same end each
 * time. `FUZZ_SEED` sets another one; `npm run fuzz` takes a new one each time and prints it.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1) });
