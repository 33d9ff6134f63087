/** Cryptographically secure random bytes in products; a seeded stream in simulations. */
export interface Random {
  bytes(length: number): Uint8Array;
}
