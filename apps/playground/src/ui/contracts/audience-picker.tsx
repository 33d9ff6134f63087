import { type Signal, useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { type Audience, audienceText, partyOptions } from '../../state/audience.ts';
import { shorten } from '../../state/format.ts';
import type { Session } from '../../state/session.ts';
import { Badge, Empty } from '../bits.tsx';

/** Chooses for whom a transaction is. Private is where it starts; public takes a deliberate click. */
export function AudiencePicker(props: { session: Session; audience: Signal<Audience>; legend?: string }) {
  const { session, audience } = props;
  const group = useId();
  const remembered = useSignal<readonly string[]>(audience.value.kind === 'private' ? audience.value.parties : []);
  const options = partyOptions(session.part.directory.value, session.part.party.value?.enclaveKey);
  const toggle = (key: string, wanted: boolean): void => {
    const others = remembered.value.filter((other) => other !== key);
    remembered.value = wanted ? [...others, key] : others;
    audience.value = { kind: 'private', parties: remembered.value };
  };
  const nameOf = (key: string): string =>
    options.find(({ entry }) => entry.enclaveKey === key)?.entry.name ?? shorten(key);
  return (
    <fieldset class="audience" data-testid="audience">
      <legend>{props.legend ?? 'For whom'}</legend>
      <div class="choices">
        <label class="choice">
          <input
            type="radio"
            name={group}
            data-testid="audience-private"
            checked={audience.value.kind === 'private'}
            onChange={() => {
              audience.value = { kind: 'private', parties: remembered.value };
            }}
          />
          <span>
            <strong>Private</strong>
            <small>sealed in this page for the parties below</small>
          </span>
        </label>
        <label class="choice">
          <input
            type="radio"
            name={group}
            data-testid="audience-public"
            checked={audience.value.kind === 'public'}
            onChange={() => {
              audience.value = { kind: 'public' };
            }}
          />
          <span>
            <strong>Public</strong>
            <small>readable by everyone, for good</small>
          </span>
        </label>
      </div>
      {audience.value.kind === 'private' ? (
        <ul class="plain parties">
          {options.length === 0 ? <Empty>No other party is known yet.</Empty> : undefined}
          {options.map(({ entry, badge, tone, route, blocked }) => (
            <li key={entry.enclaveKey}>
              <label class="party" data-testid="party-option" data-key={entry.enclaveKey} data-name={entry.name}>
                <input
                  type="checkbox"
                  data-testid="party-check"
                  checked={remembered.value.includes(entry.enclaveKey)}
                  disabled={blocked !== undefined}
                  onChange={(event) => toggle(entry.enclaveKey, event.currentTarget.checked)}
                />
                <span class="party-text">
                  <span>
                    <strong>{entry.name}</strong> <code>{shorten(entry.enclaveKey)}</code>{' '}
                    <Badge tone={tone} title={entry.detail}>
                      {badge}
                    </Badge>
                  </span>
                  <small>{blocked ?? route}</small>
                </span>
              </label>
            </li>
          ))}
        </ul>
      ) : undefined}
      <p class="audience-text" data-testid="audience-text">
        {audienceText(audience.value, nameOf)}
      </p>
    </fieldset>
  );
}
