/** Names of the streams between peers: `/isoquorum/<name>/<major>`. What travels on each is in `wire/` and the package's README. */
export const STATUS_PROTOCOL = '/isoquorum/status/1';
export const ADMISSION_PROTOCOL = '/isoquorum/admission/1';
export const TRANSACTIONS_PROTOCOL = '/isoquorum/transactions/1';
export const BLOCKS_PROTOCOL = '/isoquorum/blocks/1';
export const CONSENSUS_PROTOCOL = '/isoquorum/consensus/1';
export const RAFT_PROTOCOL = '/isoquorum/raft/1';
export const SYNC_PROTOCOL = '/isoquorum/sync/1';
export const WITNESS_PROTOCOL = '/isoquorum/witness/1';
export const PAYLOAD_PROTOCOL = '/isoquorum/payload/1';
export const PARTIES_PROTOCOL = '/isoquorum/parties/1';

/** Every protocol that an admitted peer may open once the status handshake is done. */
export const PEER_PROTOCOLS: readonly string[] = [
  TRANSACTIONS_PROTOCOL,
  BLOCKS_PROTOCOL,
  CONSENSUS_PROTOCOL,
  RAFT_PROTOCOL,
  SYNC_PROTOCOL,
  WITNESS_PROTOCOL,
  PAYLOAD_PROTOCOL,
  PARTIES_PROTOCOL,
];
