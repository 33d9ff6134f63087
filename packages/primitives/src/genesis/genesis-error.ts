import { IsoquorumError } from '../errors.ts';

/**
 * `GENESIS_JSON_INVALID`: not JSON, or not an object; `GENESIS_FIELD_INVALID`: a value of the wrong form;
 * `GENESIS_INVALID`: breaks a rule of `geth init` or of the start (texts are GoQuorum's). All carry `field`.
 */
export type GenesisErrorCode = 'GENESIS_JSON_INVALID' | 'GENESIS_FIELD_INVALID' | 'GENESIS_INVALID';

export function genesisError(code: GenesisErrorCode, message: string, field: string): IsoquorumError<GenesisErrorCode> {
  return new IsoquorumError(code, message, { field }, 'STOP');
}
