/**
 * Which rules hold (architecture decision 7). `strict`, the default, refuses what would break safety or liveness;
 * `goquorum` accepts and does what GoQuorum 24.4.1 accepts and does, so that recorded chains import and recordings replay.
 */
export type Profile = 'strict' | 'goquorum';
