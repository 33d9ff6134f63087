import { render } from 'preact';
import { openContractBook } from '../state/contract-book.ts';
import { createSession } from '../state/session.ts';
import '../styles/all.css';
import { Shell } from '../ui/shell.tsx';
import { previewView } from './preview-view.ts';
import { createScriptedParticipant } from './scripted-participant.ts';

/** The page with a scripted participant, to look at while designing: `vite apps/playground`, then /preview.html. */
const participant = createScriptedParticipant(
  { eth_call: () => `0x${'2a'.padStart(64, '0')}` },
  previewView(Math.floor(Date.now() / 1000)),
);
const root = document.getElementById('app');
if (root !== null) render(<Shell session={createSession(participant)} book={openContractBook(localStorage)} />, root);
