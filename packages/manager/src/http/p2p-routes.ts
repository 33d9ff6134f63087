import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { encodeRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { decodeLegacyPayload, encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { decodePartyInfo, encodePartyInfo, isSameParty, normalizePartyUrl } from '@isoquorum/privacy/codec/party-info';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { isUuid } from '@isoquorum/privacy/home/challenges';
import type { Home } from '@isoquorum/privacy/home/home';
import { managerError } from '@isoquorum/privacy/manager/manager-error';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import type { PartyDirectory } from '@isoquorum/privacy/statement/directory';
import { encodeStatement } from '@isoquorum/privacy/statement/statement';
import { STATEMENTS_PATH } from '@isoquorum/rpc/rest/home';
import { firstAccepted, JSON_TYPE, OCTETS, TEXT } from '@isoquorum/rpc/rest/media';
import type { Route, RoutedRequest } from '@isoquorum/rpc/rest/router';
import { decodeTesseraBase64 } from '@isoquorum/rpc/rest/tessera-base64';
import type { HttpResponse } from '@isoquorum/platform/http';
import { VERSIONS_HEADER } from '../http-publisher.ts';
import type { Parties } from '../parties.ts';
import type { TesseraProfile } from '../tessera-profile.ts';
import { jsonAnswer, textAnswer } from './common-routes.ts';
import { readBody, textMember } from './send-request.ts';

export interface P2pRoutesOptions {
  readonly manager: TransactionManager;
  readonly enclave: Enclave;
  readonly home: Home;
  readonly directory: PartyDirectory;
  readonly parties: Parties;
  readonly profile: TesseraProfile;
  readonly disablePeerDiscovery: boolean;
  /** Absent: keys in party info are believed (Tessera's default). */
  readonly validateKey: ((url: string, key: EnclaveKey) => Promise<boolean>) | undefined;
  /** A manager announced itself; the loop may want to answer. */
  readonly onParty: (url: string) => void;
}

/** Keys of one announcement; more are ignored. */
const maxKeys = 1_000;
const maxPartyUrls = 1_000;

export function createP2pRoutes(options: P2pRoutesOptions): Route[] {
  const { manager, enclave, home, directory, parties, profile } = options;

  const ownInfo = (): Uint8Array => encodePartyInfo({ url: parties.ownUrl, recipients: [], parties: [] });

  const announce = async (request: RoutedRequest): Promise<HttpResponse> => {
    const info = decodePartyInfo(request.body);
    const url = normalizePartyUrl(info.url);
    const known = parties.get(url);
    if (options.disablePeerDiscovery && known?.isConfigured !== true) {
      throw new IsoquorumError('DISCOVERY_DISABLED', `${url} is not a known peer`, { url });
    }
    if (parties.isOwn(url)) return { status: 200, headers: { 'content-type': OCTETS }, body: ownInfo() };
    const claimed = info.recipients
      .filter((recipient) => isSameParty(normalizePartyUrl(recipient.url), url))
      .map(({ key }) => key.slice())
      .slice(0, maxKeys);
    const own = new Set((await enclave.publicKeys()).map(bytesToBase64));
    let keys = claimed.filter((key) => !own.has(bytesToBase64(key)));
    const { validateKey } = options;
    if (validateKey !== undefined) {
      const verdicts = await Promise.all(keys.map((key) => validateKey(url, key)));
      keys = keys.filter((_, index) => verdicts[index]);
      if (keys.length === 0) return { status: 500 };
    }
    const versions = (request.headers[VERSIONS_HEADER] ?? '').split(',');
    const isExact = profile.rules.dialect === '1.0';
    if (parties.hear(url, isExact ? versions : versions.map((version) => version.trim()))) {
      const isChanged = await directory.observe(url, keys);
      const party = parties.get(url);
      if (isChanged && party !== undefined) party.statementsIn = 0;
    }
    if (!options.disablePeerDiscovery) {
      for (const other of info.parties.slice(0, maxPartyUrls)) parties.discover(normalizePartyUrl(other));
    }
    options.onParty(url);
    if (validateKey !== undefined) return { status: 200 };
    return { status: 200, headers: { 'content-type': OCTETS }, body: ownInfo() };
  };

  const listParties = async (): Promise<HttpResponse> => {
    const own = (await enclave.publicKeys()).map((key) => ({ key: bytesToBase64(key), url: parties.ownUrl }));
    const pages = home.registeredKeys().map((key) => ({ key: bytesToBase64(key), url: parties.ownUrl }));
    const others = directory
      .entries()
      .filter(({ key }) => !home.isRegistered(key))
      .flatMap(({ key, urls }) => urls.map((url) => ({ key: bytesToBase64(key), url })));
    const seen = new Set(own.map(({ key }) => key));
    const peers = [parties.ownUrl, ...parties.others().map(({ url }) => url)].map((url) => ({ url }));
    return jsonAnswer({
      url: parties.ownUrl,
      peers,
      keys: [...own, ...pages, ...others.filter(({ key }) => !seen.has(key))],
    });
  };

  const validate = async (request: RoutedRequest): Promise<HttpResponse> => {
    const payload = decodeLegacyPayload(request.body, profile.rules.dialect);
    const key = payload.recipientKeys[0];
    if (key === undefined)
      throw managerError('NO_KEY_FOR_BOX', 'Invalid payload: recipientKeys', { field: 'recipientKeys' });
    if (home.isRegistered(key)) return textAnswer(new TextDecoder().decode(await home.challenge(payload)));
    const plaintext = await enclave.open(payload, key);
    // Only a fresh UUID is answered, or this route would open payloads for anybody who caught one.
    const isStored = await manager.sealed(payloadHash(payload)).then(
      () => true,
      () => false,
    );
    if (!isUuid(plaintext) || isStored) return { status: 400 };
    return textAnswer(new TextDecoder().decode(plaintext));
  };

  const push = async (request: RoutedRequest): Promise<HttpResponse> => {
    const hash = await home.accept(decodeLegacyPayload(request.body, profile.rules.dialect));
    return {
      status: 201,
      headers: { 'content-type': firstAccepted(request.headers['accept']) },
      body: bytesToBase64(hash),
    };
  };

  const resend = async (request: RoutedRequest): Promise<HttpResponse> => {
    const body = readBody(request.body);
    const requesterText = textMember(body, 'publicKey');
    if (requesterText === undefined)
      throw new IsoquorumError('JSON_FIELD_INVALID', 'No value present', { field: 'publicKey' });
    let requester: Uint8Array;
    try {
      requester = decodeTesseraBase64(requesterText);
    } catch (error) {
      throw new IsoquorumError('REQUEST_INVALID', `java.lang.IllegalArgumentException: ${(error as Error).message}`, {
        field: 'publicKey',
      });
    }
    const type = textMember(body, 'type');
    if (type === 'ALL') {
      throw new IsoquorumError('RESEND_UNSUPPORTED', 'resend of all payloads is not supported', { field: 'type' });
    }
    if (type !== 'INDIVIDUAL')
      throw new IsoquorumError('JSON_FIELD_INVALID', 'type: expected ALL or INDIVIDUAL', { field: 'type' });
    const key = textMember(body, 'key');
    if (key === undefined)
      throw new IsoquorumError('JSON_FIELD_INVALID', 'Transaction hash is required for individual resends', {
        field: 'key',
      });
    const payload = await manager.resend(decodeTesseraBase64(key), requester);
    return { status: 200, headers: { 'content-type': TEXT }, body: encodeLegacyPayload(payload) };
  };

  const listStatements = async (request: RoutedRequest): Promise<HttpResponse> => {
    const verifier = hexToBytes(request.parameter('verifier') ?? '0x', 'verifier');
    const statements: RlpItem[] = [];
    const own = await enclave.publicKeys();
    for (const key of [...own, ...home.registeredKeys()]) {
      const statement = directory.get(key)?.statement;
      if (statement !== undefined)
        statements.push([encodeStatement(statement), await home.proofFor(statement, verifier)]);
    }
    return { status: 200, headers: { 'content-type': OCTETS }, body: encodeRlp(statements) };
  };

  return [
    { method: 'POST', path: '/partyinfo', consumes: [OCTETS], produces: [OCTETS], handle: announce },
    { method: 'GET', path: '/partyinfo', produces: [JSON_TYPE], handle: listParties },
    { method: 'POST', path: '/partyinfo/validate', consumes: [OCTETS], produces: [TEXT], handle: validate },
    { method: 'POST', path: '/push', consumes: [OCTETS], handle: push },
    { method: 'POST', path: '/resend', consumes: [JSON_TYPE], produces: [TEXT], handle: resend },
    { method: 'GET', path: STATEMENTS_PATH, handle: listStatements },
  ];
}
