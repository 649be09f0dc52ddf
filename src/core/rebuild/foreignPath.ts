/**
 * Paths that a file of others may name and that must not even be looked at: asking for a name on another machine sends the
 * user's credentials there (Windows), and opening some devices does something.
 */

export type Foreign = 'on another machine' | 'a device';

/** How a path begins that leads to another machine or past the names of files: \\server\share, //host/…, \\?\, \\.\ */
const uncStart = /^[/\\]{2}/;
/** Names that Windows takes for devices in every folder, whatever follows a dot or a colon. */
const windowsDevice =
  /(^|[/\\])(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *([.:][^/\\]*)?$/i;
const unixDevice = /^\/(dev|proc|sys)(\/|$)/;

/**
 * written: as the file says; resolved: made absolute; folder: of the file that says so, absolute. null: an ordinary path.
 * A folder that lies on another machine itself may name what lies beside it.
 */
export function foreignPath(
  { written, resolved, folder }: { written: string; resolved: string; folder: string },
  platform: string,
): Foreign | null {
  const isWindows = platform === 'win32';
  if (/^[/\\]{2}[?.]([/\\]|$)/.test(written)) return 'a device';
  if (uncStart.test(written) && !(isWindows && shareOf(written) === shareOf(folder))) {
    return 'on another machine';
  }
  if (isWindows) {
    if (windowsDevice.test(resolved)) return 'a device';
    if (uncStart.test(resolved) && shareOf(resolved) !== shareOf(folder)) {
      return 'on another machine';
    }
    return null;
  }
  return unixDevice.test(resolved) ? 'a device' : null;
}

/** "server/share" of \\server\share\x; of \\?\C:\x and C:\x nothing. */
function shareOf(file: string): string | null {
  const share = /^[/\\]{2}([^/\\?.][^/\\]*)[/\\]+([^/\\]+)/.exec(file);
  return share && `${share[1]}/${share[2]}`.toLowerCase();
}
