/** PLACEHOLDER until execution publishes its own: trie nodes and code by hash. */
export interface NodeSource {
  getSync(hash: Uint8Array): Uint8Array | undefined;
}
