import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { toProblemView } from '../problems.ts';

/** JSON-RPC and EIP-1193 numbers that the provider uses. */
export const providerCodes = {
  invalidParams: -32602,
  methodNotFound: -32601,
  server: -32000,
  reverted: 3,
  unauthorized: 4100,
  disconnected: 4900,
} as const;

/** What a dapp gets when a request fails: EIP-1193's shape, with the project's own code and advice in `data`. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const numbers: Readonly<Record<string, number>> = {
  ARGUMENTS_INVALID: providerCodes.invalidParams,
  HEX_INVALID: providerCodes.invalidParams,
  QUANTITY_INVALID: providerCodes.invalidParams,
  BASE64_INVALID: providerCodes.invalidParams,
  METHOD_NOT_FOUND: providerCodes.methodNotFound,
  ACCOUNT_UNKNOWN: providerCodes.unauthorized,
  EXECUTION_REVERTED: providerCodes.reverted,
  NO_VALIDATORS: providerCodes.disconnected,
};

/** Any thrown value as a {@link ProviderError}. */
export function toProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code, message, advice, fields } = toProblemView(error);
  const number = isIsoquorumError(error) ? (numbers[code] ?? providerCodes.server) : providerCodes.server;
  return new ProviderError(number, message, { code, advice, fields });
}
