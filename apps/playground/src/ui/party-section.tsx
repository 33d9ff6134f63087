import type { HomeView, PartyView } from '@isoquorum/participant/participant-view';
import { useSignal } from '@preact/signals';
import { partyOptions } from '../state/audience.ts';
import { groupDigits, plural, shorten, transportText } from '../state/format.ts';
import type { Session } from '../state/session.ts';
import { Badge, Card, Code, Empty, Fact } from './bits.tsx';

/** Who this page is: its keys, accounts, home, connections, and the parties that it knows. */
export function PartySection(props: { session: Session }) {
  const party = props.session.part.party.value;
  return (
    <div class="grid">
      <div class="column">
        {party === undefined ? (
          <Card title="My party">
            <Empty>The keys are being loaded.</Empty>
          </Card>
        ) : (
          <>
            <KeysCard party={party} />
            <AccountsCard party={party} session={props.session} />
          </>
        )}
      </div>
      <div class="column">
        {party === undefined ? undefined : <HomeCard party={party} session={props.session} />}
        <ConnectionsCard session={props.session} />
        <DirectoryCard session={props.session} />
      </div>
    </div>
  );
}

function KeysCard(props: { party: PartyView }) {
  const { party } = props;
  return (
    <Card
      title="Keys"
      testId="keys"
      aside={<Badge tone="good">{party.fresh ? 'made in this session' : 'loaded from this browser'}</Badge>}
    >
      <dl class="facts">
        <Fact term="Enclave key" hint="X25519. Others name it in privateFor. The private half cannot be exported.">
          <Code value={party.enclaveKey} label="enclave key" testId="enclave-key" full />
        </Fact>
        <Fact term="PeerId" hint="Ed25519. Signs connections, the party statement and receipts. Cannot be exported.">
          <Code value={party.peerId} label="PeerId" testId="peer-id" full />
        </Fact>
        <Fact term="Party statement">
          {party.statement === undefined ? (
            <Badge tone="stale">not published yet</Badge>
          ) : (
            <span data-testid="statement">
              published, signed by {shorten(party.statement.signedBy)}{' '}
              <small>(number {party.statement.sequence})</small>
            </span>
          )}
        </Fact>
        <Fact term="Storage">
          {party.persistent
            ? 'This browser promised to keep keys and private state.'
            : 'This browser may clear keys and private state when space is short.'}
        </Fact>
      </dl>
    </Card>
  );
}

function AccountsCard(props: { party: PartyView; session: Session }) {
  const busy = useSignal(false);
  const create = (): void => {
    busy.value = true;
    props.session.api
      .createAccount()
      .catch(() => undefined)
      .finally(() => {
        busy.value = false;
      });
  };
  return (
    <Card title="Accounts" testId="accounts">
      <ul class="plain">
        {props.party.accounts.map((account) => (
          <li key={account.address}>
            <Code value={account.address} label="account address" testId="account" full />{' '}
            <small>nonce {account.nonce}</small>
          </li>
        ))}
      </ul>
      <p class="note">
        Accounts sign the public envelope. Browsers have no secp256k1 key that cannot be read by scripts, so this one is
        a software key: it is stored encrypted under a key that cannot be exported, and is in this tab's memory while it
        signs. It holds no ether; gas is free here.
      </p>
      <button type="button" class="button quiet" data-testid="create-account" disabled={busy.value} onClick={create}>
        Make another account
      </button>
    </Card>
  );
}

const HOME_TONES: Readonly<Record<HomeView['state'], 'good' | 'stale' | 'bad'>> = {
  registered: 'good',
  registering: 'stale',
  unreachable: 'bad',
  refused: 'bad',
};

function HomeCard(props: { party: PartyView; session: Session }) {
  const { home } = props.party;
  const nodes = props.session.part.peers.value.filter((peer) => peer.role === 'node');
  return (
    <Card
      title="Home"
      testId="home"
      aside={home === undefined ? undefined : <Badge tone={HOME_TONES[home.state]}>{home.state}</Badge>}
    >
      <p class="note">
        A manager that lists this page's key, takes sealed payloads for it while it is away, and passes its own sealed
        payloads on. It sees ciphertext, sender, recipients, sizes and times.
      </p>
      {home === undefined ? (
        <Empty>No home yet.</Empty>
      ) : (
        <dl class="facts">
          <Fact term="Through" hint={home.detail}>
            {home.name ?? shorten(home.peerId)}
          </Fact>
          {home.url === undefined ? undefined : <Fact term="Listed at">{home.url}</Fact>}
          <Fact term="Received">{plural(home.received, 'sealed payload')}</Fact>
        </dl>
      )}
      {nodes.length > 1 ? (
        <label class="field">
          <span>Choose another home</span>
          <select
            data-testid="choose-home"
            value={home?.peerId ?? ''}
            onChange={(event) => {
              props.session.api.chooseHome(event.currentTarget.value).catch(() => undefined);
            }}
          >
            {nodes.map((peer) => (
              <option key={peer.id} value={peer.id}>
                {peer.name ?? shorten(peer.id)}
              </option>
            ))}
          </select>
        </label>
      ) : undefined}
    </Card>
  );
}

function ConnectionsCard(props: { session: Session }) {
  const peers = props.session.part.peers.value.toSorted((left, right) =>
    (left.name ?? left.id).localeCompare(right.name ?? right.id),
  );
  return (
    <Card title="Connections" testId="connections" aside={<Badge tone="neutral">{peers.length}</Badge>}>
      {peers.length === 0 ? (
        <Empty>No connection yet.</Empty>
      ) : (
        <ul class="plain rows">
          {peers.map((peer) => (
            <li
              key={peer.id}
              data-testid="peer"
              data-peer={peer.id}
              data-role={peer.role}
              data-transport={peer.transport}
              class="row"
            >
              <span>
                <strong>{peer.name ?? (peer.role === 'node' ? 'validator' : 'page')}</strong>{' '}
                <Code value={peer.id} label="PeerId" />
              </span>
              <span class="muted">
                {transportText(peer.transport)}
                {peer.role === 'node' ? ` · #${groupDigits(peer.head)}` : ''}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function DirectoryCard(props: { session: Session }) {
  const { directory, party } = props.session.part;
  const options = partyOptions(directory.value, party.value?.enclaveKey);
  return (
    <Card title="Other parties" testId="directory">
      {options.length === 0 ? (
        <Empty>The directory of parties comes from the home.</Empty>
      ) : (
        <ul class="plain rows">
          {options.map(({ entry, badge, tone, route }) => (
            <li
              key={entry.enclaveKey}
              data-testid="directory-entry"
              data-key={entry.enclaveKey}
              data-trust={entry.trust}
              class="row"
            >
              <span>
                <strong>{entry.name}</strong> <span class="muted">{entry.kind}</span>{' '}
                <Code value={entry.enclaveKey} label="enclave key" />
              </span>
              <span>
                <Badge tone={tone} title={entry.detail}>
                  {badge}
                </Badge>{' '}
                <small>{route}</small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
