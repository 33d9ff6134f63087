export {
  decodeTransaction,
  decodeTransactionItem,
  encodeTransaction,
  encodeTransactionItem,
  transactionHash,
  transactionSize,
} from './codec.ts';
export { isPrivateTransaction } from './private.ts';
export {
  isProtectedTransaction,
  knownTransactionSender,
  type RecoveryInput,
  rememberTransactionHash,
  rememberTransactionSender,
  signTransaction,
  transactionChainId,
  transactionRecoveryInput,
  transactionSender,
  transactionSigningHash,
} from './signature.ts';
export type * from './types.ts';
