import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { HttpClient } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import { encodePartyInfo, isSameParty } from '@isoquorum/privacy/codec/party-info';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import type { Home } from '@isoquorum/privacy/home/home';
import type { PartyDirectory } from '@isoquorum/privacy/statement/directory';
import { isStatementProven } from '@isoquorum/privacy/statement/proof';
import { decodeStatement } from '@isoquorum/privacy/statement/statement';
import { STATEMENTS_PATH } from '@isoquorum/rpc/rest/home';
import { OCTETS } from '@isoquorum/rpc/rest/media';
import { VERSIONS_HEADER } from './http-publisher.ts';
import type { Parties, Party } from './parties.ts';

export interface PartyInfoLoopOptions {
  readonly parties: Parties;
  readonly directory: PartyDirectory;
  readonly enclave: Enclave;
  readonly home: () => Home;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly supportedVersions: string;
  readonly intervalMs: number;
}

/** Rounds between two looks at the statements of a manager of ours, and of one that has none (Tessera). */
const statementRounds = 3;
const statementRoundsWithout = 60;
const maxStatements = 10_000;
/** After start or news, rounds come quickly until every party has answered. */
const firstDelaysMs: readonly number[] = [0, 250, 500, 1_000, 2_000];

/** Tells other managers who we are and which keys we keep (tessera.md 4.2), and asks ours for their signed statements. */
export class PartyInfoLoop {
  private readonly options: PartyInfoLoopOptions;
  private cancel: CancelTimer = () => {};
  private isStopped = false;
  private quickRounds = 0;
  private running: Promise<void> = Promise.resolve();
  private isWaiting = false;

  constructor(options: PartyInfoLoopOptions) {
    this.options = options;
  }

  start(): void {
    this.schedule();
  }

  /** Something changed (a new party, a page that registered): the next rounds come at once. */
  hurry(): void {
    this.quickRounds = 0;
    if (this.isWaiting) this.schedule();
  }

  private schedule(): void {
    this.cancel();
    if (this.isStopped) return;
    const isComplete = this.options.parties.others().every((party) => party.isOnline);
    const quick = this.quickRounds === 0 || !isComplete ? firstDelaysMs[this.quickRounds] : undefined;
    this.quickRounds++;
    this.isWaiting = true;
    this.cancel = this.options.clock.setTimer(quick ?? this.options.intervalMs, () => {
      this.isWaiting = false;
      this.running = this.round().then(
        () => this.schedule(),
        (error: unknown) => {
          this.options.logger.log('warn', 'party info round failed', { error: String(error) });
          this.schedule();
        },
      );
    });
  }

  /** One exchange with every party, side by side. */
  async round(): Promise<void> {
    const { parties, enclave, home } = this.options;
    const own = await enclave.publicKeys();
    const keys = [...own, ...home().registeredKeys()];
    const others = parties.others();
    const body = encodePartyInfo({
      url: parties.ownUrl,
      recipients: keys.map((key) => ({ key, url: parties.ownUrl })),
      parties: [
        parties.ownUrl,
        ...others.filter((party) => parties.versionsOf(party.url) !== undefined).map(({ url }) => url),
      ],
    });
    await Promise.all(others.map((party) => this.exchange(party, body, own[0])));
  }

  private async exchange(party: Party, body: Uint8Array, verifier: EnclaveKey | undefined): Promise<void> {
    const { http, parties, directory, logger, supportedVersions, intervalMs } = this.options;
    const timeoutMs = Math.max(250, Math.ceil(intervalMs * 0.75));
    try {
      const answer = await http.request({
        method: 'POST',
        url: `${party.url}partyinfo`,
        headers: { 'content-type': OCTETS, accept: OCTETS, [VERSIONS_HEADER]: supportedVersions },
        body,
        timeoutMs,
        maxBodyBytes: 1 << 20,
      });
      if (answer.status !== 200 && answer.status !== 201) {
        logger.log('debug', 'a manager refused our party info', { url: party.url, status: answer.status });
        return;
      }
      party.isOnline = true;
      directory.markOnline(party.url);
      if (--party.statementsIn < 0) {
        party.statementsIn = (await this.fetchStatements(party, verifier, timeoutMs))
          ? statementRounds
          : statementRoundsWithout;
      }
    } catch (error) {
      if (!(error instanceof IsoquorumError)) throw error;
      if (party.isOnline) logger.log('info', 'a manager does not answer', { url: party.url, code: error.code });
      directory.markOffline(party.url);
      parties.lose(party.url);
    }
  }

  /** Signed statements of a manager of ours with their proofs for us; false when it has none (Tessera, or not yet). */
  private async fetchStatements(party: Party, verifier: EnclaveKey | undefined, timeoutMs: number): Promise<boolean> {
    const { http, enclave, directory, logger } = this.options;
    const query = verifier === undefined ? '' : `?verifier=${bytesToHex(verifier)}`;
    const url = `${party.url.replace(/\/$/, '')}${STATEMENTS_PATH}${query}`;
    const answer = await http.request({ method: 'GET', url, timeoutMs, maxBodyBytes: 8 << 20 });
    if (answer.status !== 200) return false;
    const reader = new RlpReader(answer.body).readList('statements');
    for (let count = 0; reader.hasMore && count < maxStatements; count++) {
      const item = reader.readList('statement');
      const [encoded, proof] = [item.readBytes('statement').slice(), item.readBytes('proof')];
      try {
        const statement = decodeStatement(encoded);
        // A manager speaks for itself and its pages only.
        if (!statement.homes.some((home) => isSameParty(home, party.url))) continue;
        const isProven = verifier !== undefined && (await isStatementProven(enclave, statement, verifier, proof));
        await directory.admit(statement, isProven);
      } catch (error) {
        if (!(error instanceof IsoquorumError)) throw error;
        logger.log('warn', 'a party statement was refused', { url: party.url, code: error.code });
      }
    }
    return true;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancel();
    await this.running;
  }
}
