import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { publishStatements } from '../home/publish-statements.ts';
import { type KeptSurvey, startManagerSurvey } from './manager-survey.ts';
import type { PayloadSurveyOptions } from './payload-survey.ts';
import type { PrivateFollower } from './private-follower.ts';
import { followStoredPayloads } from './stored-payloads.ts';

export interface FollowManagerOptions extends PayloadSurveyOptions {
  readonly manager: Q2tClient;
  readonly survey: KeptSurvey;
  readonly follower: PrivateFollower;
  readonly peerId: string;
  readonly nodeKey: Uint8Array;
  readonly genesisHash: Hash32;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Begins what a node with a manager does beside executing blocks: asks for old payloads, hears of new ones, tells who its parties are. Returns the stops. */
export function followManager(options: FollowManagerOptions): readonly (() => Promise<void>)[] {
  const { manager, follower } = options;
  return [
    startManagerSurvey({ ...options, kept: options.survey }),
    followStoredPayloads({
      ...options,
      source: manager,
      onStored: (digest) => follower.payloadStored(digest),
      onReachable: () => follower.retryNow(),
    }),
    publishStatements(options),
  ];
}
