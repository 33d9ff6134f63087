import { effect, signal } from '@preact/signals';

type Theme = 'system' | 'light' | 'dark';

const KEY = 'isoquorum-theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

const theme = signal<Theme>(stored());

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // The choice then lasts as long as the page.
  }
});

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };
const ICONS: Readonly<Record<Theme, string>> = { system: '◐', dark: '☾', light: '☀' };

/** Goes through system, dark and light. */
export function ThemeButton() {
  return (
    <button
      type="button"
      class="icon-button"
      data-testid="theme"
      aria-label={`Colours: ${theme.value}. Switch to ${NEXT[theme.value]}`}
      onClick={() => {
        theme.value = NEXT[theme.value];
      }}
    >
      <span aria-hidden="true">{ICONS[theme.value]}</span>
    </button>
  );
}
