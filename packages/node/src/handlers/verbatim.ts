/**
 * Codes of errors whose text is GoQuorum's (or that of the transaction manager, as GoQuorum hands it on): the client gets the text alone,
 * as the original answers, with nothing in `error.data`.
 */
const VERBATIM: ReadonlySet<string> = new Set([
  // pool
  'ALREADY_KNOWN',
  'INVALID_SENDER',
  'NONCE_TOO_LOW',
  'NONCE_MAX',
  'GAS_PRICE_NOT_ZERO',
  'INSUFFICIENT_FUNDS',
  'PRIVATE_VALUE',
  'OVERSIZED_DATA',
  'GAS_LIMIT',
  'INTRINSIC_GAS',
  'UNDERPRICED',
  'REPLACEMENT_UNDERPRICED',
  'TX_TYPE_NOT_SUPPORTED',
  'POOL_FULL',
  'ACCOUNT_DENIED',
  // signatures and types
  'TRANSACTION_SIGNATURE_INVALID',
  'TRANSACTION_CHAIN_ID_MISMATCH',
  'TRANSACTION_TYPE_NOT_SUPPORTED',
  // submitting
  'UNKNOWN_ACCOUNT',
  'MANAGER_NOT_ENABLED',
  'MANAGER_REFUSED',
  'CALL_INSUFFICIENT_FUNDS',
  'CALL_INTRINSIC_GAS_TOO_LOW',
  'GAS_REQUIRED_EXCEEDS_ALLOWANCE',
  'UNKNOWN_BLOCK',
  // privacy enhancements, markers, private states
  'PRIVACY_METADATA_NOT_FOUND',
  'PRIVACY_FLAG_MISMATCH',
  'STATE_NOT_FOUND',
  'PRIVATE_FROM_MISMATCH',
  'UNKNOWN_PRIVATE_STATE',
]);

/** @see VERBATIM */
export function isVerbatim(code: string): boolean {
  return VERBATIM.has(code);
}
