import type { BlockView, ValidatorView } from '@isoquorum/participant/participant-view';
import { ageText, groupDigits, plural, shorten } from '../../state/format.ts';
import type { Session } from '../../state/session.ts';
import { Card, Empty } from '../bits.tsx';
import { nowMs } from '../clock.ts';

/** The newest verified blocks, newest first, with who proposed and who sealed each. */
export function BlockStrip(props: { session: Session }) {
  const { blocks, validators } = props.session.part;
  return (
    <Card title="Blocks" class="blocks-card" testId="blocks">
      {blocks.value.length === 0 ? (
        <Empty>The first verified block will appear here.</Empty>
      ) : (
        <ol class="blocks">
          {blocks.value.slice(0, 8).map((block) => (
            <BlockRow key={block.hash} block={block} validators={validators.value} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function nameOf(address: string, validators: readonly ValidatorView[]): string {
  return validators.find((validator) => validator.address === address)?.name ?? shorten(address, 6, 4);
}

function BlockRow(props: { block: BlockView; validators: readonly ValidatorView[] }) {
  const { block, validators } = props;
  const proposer = nameOf(block.proposer, validators);
  const sealText = `${block.sealers.length} of ${block.validatorCount} seals, ${block.quorum} needed`;
  const ring = validators.length > 0 ? validators.map((validator) => validator.address) : block.sealers;
  return (
    <li class="block" data-testid="block" data-number={block.number} data-hash={block.hash}>
      <span class="block-number">#{groupDigits(block.number)}</span>
      <span class="seals" role="img" aria-label={sealText} title={sealText} data-testid="block-seals">
        {ring.map((address) => (
          <span
            key={address}
            class={`seal ${block.sealers.includes(address) ? 'seal-given' : ''} ${address === block.proposer ? 'seal-proposer' : ''}`}
            title={`${nameOf(address, validators)}${block.sealers.includes(address) ? ' sealed' : ' did not seal in time'}`}
          />
        ))}
      </span>
      <span class="block-by">
        by <strong>{proposer}</strong>
        {block.round > 0 ? ` in round ${block.round}` : ''}
      </span>
      <span class="block-count">
        {block.transactionCount === 0
          ? 'empty'
          : `${plural(block.transactionCount, 'transaction')}${block.privateCount > 0 ? `, ${block.privateCount} private` : ''}`}
      </span>
      <span class="block-age">{ageText(nowMs.value / 1000 - block.timestamp)}</span>
    </li>
  );
}
