import type { Address } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { address } from '../parameters/hex.ts';
import { json, textResult } from '../results.ts';
import type { ExtensionJson } from '../shapes/extension.ts';

/** Extensions of private contracts to further parties: how they stand. Offering and approving are not built. */
export interface QuorumExtensionMethods {
  readonly quorumExtension_activeExtensionContracts: Method<[], readonly ExtensionJson[]>;
  readonly quorumExtension_getExtensionStatus: Method<[management: Address], string>;
}

export const quorumExtensionMethods: QuorumExtensionMethods = {
  quorumExtension_activeExtensionContracts: {
    doc: 'Extensions that were offered and have not ended, as the caller’s private state knows them.',
    params: [],
    result: json(
      'list of `{contractExtended, initiator, recipient, managementContractAddress, recipientPtmKey, creationData}`',
    ),
  },
  quorumExtension_getExtensionStatus: {
    doc: '`ACTIVE` or `DONE`, by the management contract.',
    params: [parameter('management', address)],
    result: textResult,
  },
};
