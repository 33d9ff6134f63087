import type { Session } from '../../state/session.ts';
import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { AbiInput } from '../../abi/abi-encode.ts';
import { type AbiType, abiError, abiTypeToText, type NamedAbiType } from '../../abi/abi-type.ts';

const LISTS: readonly AbiType['kind'][] = ['array', 'tuple'];

/** One text field for each argument; lists are written as JSON. */
export function ArgumentFields(props: {
  inputs: readonly NamedAbiType[];
  values: Signal<readonly string[]>;
  session: Session;
}) {
  const { inputs, values } = props;
  const { party, contracts } = props.session.part;
  const addresses = useId();
  return (
    <>
      {inputs.some(({ type }) => type.kind === 'address') ? (
        <datalist id={addresses}>
          {party.value?.accounts.map(({ address }) => (
            <option key={address} value={address} label="my account" />
          ))}
          {contracts.value.map(({ address, private: isPrivate }) => (
            <option key={address} value={address} label={isPrivate ? 'private contract' : 'public contract'} />
          ))}
        </datalist>
      ) : undefined}
      {inputs.map(({ name, type }, index) => (
        <label class="field" key={name}>
          <span>
            {name} <small>{abiTypeToText(type)}</small>
          </span>
          <input
            type="text"
            data-testid={`argument-${name}`}
            inputMode={type.kind === 'uint' ? 'numeric' : 'text'}
            autocomplete="off"
            list={type.kind === 'address' ? addresses : undefined}
            spellcheck={false}
            placeholder={LISTS.includes(type.kind) ? 'a JSON list, such as ["1", "2"]' : undefined}
            value={values.value[index] ?? ''}
            onInput={(event) => {
              const text = event.currentTarget.value;
              values.value = inputs.map((_, at) => (at === index ? text : (values.value[at] ?? '')));
            }}
          />
        </label>
      ))}
    </>
  );
}

function jsonToInput(value: unknown, at: string): AbiInput {
  if (Array.isArray(value)) return value.map((item) => jsonToInput(item, at));
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw abiError(`${at}: a JSON list of texts, numbers or lists is wanted.`, at);
}

/** The texts of a form as values of the ABI. @throws ABI_INVALID */
export function textsToInputs(inputs: readonly NamedAbiType[], texts: readonly string[]): readonly AbiInput[] {
  return inputs.map(({ name, type }, index) => {
    const text = texts[index] ?? '';
    if (!LISTS.includes(type.kind)) return text;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw abiError(`${name}: a JSON list is wanted, with numbers in quotes.`, name);
    }
    return jsonToInput(json, name);
  });
}
