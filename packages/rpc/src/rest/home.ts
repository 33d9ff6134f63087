/**
 * The home routes of a manager's loopback (Q2T) server (decision 12). Bodies are messages of `privacy/home/messages` (RLP); this layer only
 * carries them. The caller is the manager's own node, which vouches for the PeerId that the network authenticated.
 */
export const HOME_PATH = '/home/request';
/** Names the authenticated peer on whose behalf the node asks. */
export const HOME_PEER_HEADER = 'isoquorum-peer';
export const HOME_MEDIA_TYPE = 'application/vnd.isoquorum-home-1';
/** Payload events for the node: `GET /isoquorum/stored?after=<sequence>&waitMs=<ms>` → `{"events":[{"sequence","hash"}]}`. */
export const STORED_PATH = '/isoquorum/stored';
/** Statements of the parties a manager knows, on P2P and Q2T: RLP list. */
export const STATEMENTS_PATH = '/isoquorum/statements';
/** Longest a long poll may take. */
export const MAX_WAIT_MS = 25_000;
