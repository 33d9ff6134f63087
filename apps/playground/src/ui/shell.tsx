import { type Signal, useSignal } from '@preact/signals';
import { groupDigits } from '../state/format.ts';
import { markModel } from '../state/mark.ts';
import type { Session } from '../state/session.ts';
import { ContractsSection } from './contracts/contracts-section.tsx';
import { NetworkSection } from './network/network-section.tsx';
import { PartySection } from './party-section.tsx';
import { StatusLine } from './status-line.tsx';
import { ThemeButton } from './theme.tsx';
import { Welcome } from './welcome.tsx';
import { TransactionsSection } from './transactions-section.tsx';
import type { ContractBook } from '../state/contract-book.ts';

const SECTIONS = [
  { id: 'network', title: 'Network', icon: '◇' },
  { id: 'party', title: 'My party', icon: '◉' },
  { id: 'contracts', title: 'Contracts', icon: '▤' },
  { id: 'transactions', title: 'Transactions', icon: '⇄' },
] as const;

export type SectionId = (typeof SECTIONS)[number]['id'];

/** The whole page around one participant. */
export function Shell(props: { session: Session; book: ContractBook }) {
  const section = useSignal<SectionId>('network');
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <div class="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>Isoquorum</span>
        </div>
        <NetworkLabel session={props.session} />
        <HeadMarkButton session={props.session} section={section} />
        <ThemeButton />
      </header>
      <nav class="nav" aria-label="Sections">
        {SECTIONS.map(({ id, title, icon }) => (
          <button
            key={id}
            type="button"
            data-testid={`nav-${id}`}
            aria-current={section.value === id ? 'page' : undefined}
            onClick={() => {
              section.value = id;
            }}
          >
            <span aria-hidden="true">{icon}</span> {title}
          </button>
        ))}
      </nav>
      <StatusLine session={props.session} />
      <main id="main" tabIndex={-1} data-testid={`section-${section.value}`}>
        {isOutside(props.session) ? <Welcome /> : <Section id={section.value} {...props} />}
      </main>
      <footer class="foot">
        Keys, checks and private execution happen in this tab. Validators and homes see ciphertext, hashes, sizes and
        times.
      </footer>
    </div>
  );
}

/** True while there is no network to show: not invited, or not yet started and failed. */
function isOutside(session: Session): boolean {
  return session.part.phase.value === 'failed' && session.part.network.value === undefined;
}

function Section(props: { id: SectionId; session: Session; book: ContractBook }) {
  switch (props.id) {
    case 'network':
      return <NetworkSection session={props.session} />;
    case 'party':
      return <PartySection session={props.session} />;
    case 'contracts':
      return <ContractsSection session={props.session} book={props.book} />;
    case 'transactions':
      return <TransactionsSection session={props.session} book={props.book} />;
  }
}

function NetworkLabel(props: { session: Session }) {
  const network = props.session.part.network.value;
  if (network === undefined) return <span class="network-label muted">no network yet</span>;
  return (
    <span class="network-label" data-testid="network-label">
      chain {network.chainId} · {network.consensus}
    </span>
  );
}

function HeadMarkButton(props: { session: Session; section: Signal<SectionId> }) {
  const head = props.session.part.head.value;
  const mark = markModel(head, props.session.part.phase.value);
  return (
    <button
      type="button"
      class={`mark mark-${mark.tone}`}
      data-testid="head-mark"
      data-mark={head.mark}
      data-code={head.code}
      title={mark.reason}
      onClick={() => {
        props.section.value = 'network';
      }}
    >
      <span class="mark-dot" aria-hidden="true" />
      <span>
        {mark.label} · block <span data-testid="head-number">{groupDigits(head.number)}</span>
      </span>
    </button>
  );
}
