import { IsoquorumError, type Reaction } from '@isoquorum/primitives/errors';

export type HomeErrorCode =
  | 'HOME_NOT_REGISTERED' // the peer has not registered that key
  | 'HOME_REFUSES_KEY' // the key belongs to another peer, or to this manager
  | 'HOME_PROOF_INVALID' // possession of the key is not proven
  | 'HOME_NOT_NAMED' // the statement does not name this home
  | 'HOME_NOT_READY' // this manager does not know its chain yet
  | 'HOME_FULL' // too many keys, of this peer or in all
  | 'HOME_RELAY_REFUSED' // not a payload of this peer for that recipient
  | 'CHALLENGE_REFUSED'; // the page is away, or its answer is no UUID

export function homeError(code: HomeErrorCode, message: string, reaction: Reaction = 'REJECT'): IsoquorumError {
  return new IsoquorumError(code, message, {}, reaction);
}
