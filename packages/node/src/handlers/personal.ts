import { recoverAddressFromBytes } from '@isoquorum/primitives/secp256k1';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { PersonalMethods } from '@isoquorum/rpc/jsonrpc/methods/personal';
import { rawAndTransactionToJson } from '@isoquorum/rpc/jsonrpc/shapes/transaction';
import type { HandlerContext } from './context.ts';
import { messageHash, signMessage, type TransactionFiller } from './eth-transactions.ts';

const SIGNATURE_BYTES = 65;

export function createPersonalHandlers(
  context: HandlerContext,
  filler: TransactionFiller,
): HandlersOf<PersonalMethods> {
  const { submitter } = context;
  return {
    personal_listAccounts: () => submitter.accounts(),
    personal_sign: (_request, data, account) => signMessage(context, account, data),
    personal_ecRecover: (_request, data, signature) => {
      if (signature.length !== SIGNATURE_BYTES) throw new RpcError(SERVER_ERROR, 'signature must be 65 bytes long');
      const recovery = signature[64];
      if (recovery !== 27 && recovery !== 28)
        throw new RpcError(SERVER_ERROR, 'invalid Ethereum signature (V is not 27 or 28)');
      const standard = signature.slice();
      standard[64] = recovery - 27;
      try {
        return recoverAddressFromBytes(messageHash(data), standard);
      } catch {
        throw new RpcError(SERVER_ERROR, 'recovery failed');
      }
    },
    personal_signTransaction: async (_request, args) =>
      rawAndTransactionToJson(await submitter.signTransaction(filler.fillToSign(args))),
    personal_sendTransaction: async (request, args) =>
      submitter.sendTransaction(await filler.fillToSend(args, request)),
  };
}
