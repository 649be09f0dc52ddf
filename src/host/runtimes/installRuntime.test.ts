import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runtimeReleases } from '../../core/report/runtimeReleases';
import { Failure } from '../../core/wire/failure';
import { installableRuntimes, installRuntime, pipProblem } from './installRuntime';
import { itUnless, onWindows, underWine } from '../../../test/support/leaveOut';

const noPython = underWine('there is no Python for Windows');

describe('installRuntime', () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'install-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('offers every release that core knows, each with a sum for Linux and Windows', () => {
    assert.deepEqual(
      installableRuntimes.map(({ version }) => version),
      runtimeReleases.map(({ version }) => version).reverse(),
    );
    for (const { sha256 } of installableRuntimes) {
      assert.deepEqual(Object.keys(sha256), ['linux-x64', 'win32-x64']);
      for (const sum of Object.values(sha256)) assert.match(sum, /^[0-9a-f]{64}$/);
    }
  });

  const said: [string, RegExp][] = [
    [
      'WARNING: Retrying (Retry(total=0)) after connection broken by NewConnectionError(...): Temporary failure in name resolution\nERROR: No matching distribution found for x',
      /could not be reached/,
    ],
    ['ERROR: No matching distribution found for tensorrt-rtx-cu13-libs', /has no package/],
    [
      'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
      /disk is full/,
    ],
    [
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.',
      /SHA-256 differs/,
    ],
    [
      "Could not fetch URL https://x/simple/: There was a problem confirming the ssl certificate: HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /simple/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)'))) - skipping",
      /certificate .* is not trusted here/,
    ],
    [
      'error: Failed to fetch: https://x/simple/\n  cause: error sending request for url (https://x/simple/)\n  cause: client error (Connect)\n  cause: invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))',
      /certificate .* is not trusted here/,
    ],
    [
      'error: Request failed after 1 retry in 1.1s\n  cause: Failed to fetch: https://x/simple/\n  cause: client error (Connect)\n  cause: tunnel error: proxy authorization required',
      /asks for a name and a password/,
    ],
    [
      'error: Request failed after 1 retry in 1.5s\n  cause: Failed to fetch: https://x/simple/\n  cause: client error (Connect)\n  cause: tunnel error: failed to create underlying connection\n  cause: tcp connect error',
      /the proxy could not be reached/,
    ],
    ["ERROR: [Errno 13] Permission denied: '/x'", /may not be written/],
    ['something else', /pip ended with code 1/],
  ];
  for (const [output, sentence] of said) {
    it(`understands: ${output.replaceAll('\n', ' ').slice(0, 150)}`, () => {
      const { message, nextStep, detail } = pipProblem(output, '1.7.1.116', 1);
      assert.match(message, /^TensorRT-RTX 1\.7\.1\.116 was not installed: /);
      assert.match(message, sentence);
      assert.notEqual(nextStep, '');
      assert.equal(detail, output);
    });
  }

  const failure = async (work: Promise<unknown>): Promise<Failure> => {
    const error: unknown = await work.then(
      () => assert.fail('it was installed'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Failure, String(error));
    assert.deepEqual(fs.readdirSync(folder), [], 'something was left');
    return error;
  };

  it('says that there is no Python', async () => {
    const { message, nextStep } = await failure(
      installRuntime({ version: '1.7.1.116', folder, python: path.join(folder, 'no-python') }),
    );
    assert.match(message, /Python 3 was not found/);
    assert.match(nextStep, /python\.org/);
  });

  itUnless(
    onWindows('the Python without pip is a script with #!'),
    'says that Python has no pip',
    async () => {
      // A Python without site-packages has no pip.
      const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'python-'));
      const python = path.join(bin, 'python3');
      fs.writeFileSync(python, '#!/bin/sh\nexec python3 -I -S "$@"\n', { mode: 0o755 });
      try {
        const { message, nextStep } = await failure(
          installRuntime({ version: '1.7.1.116', folder, python }),
        );
        assert.match(message, /has no pip/);
        assert.match(nextStep, /pip/);
      } finally {
        fs.rmSync(bin, { recursive: true });
      }
    },
  );

  itUnless(
    onWindows('the broken Pythons are scripts with #!'),
    'says that an environment is broken: its Python does not run, its pip is damaged',
    async () => {
      const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'python-'));
      const python = path.join(bin, 'python3');
      const install = (script: string): Promise<Failure> => {
        fs.writeFileSync(python, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
        return failure(installRuntime({ version: '1.7.1.116', folder, python }));
      };
      try {
        const dead = await install(
          'echo "ModuleNotFoundError: No module named \'encodings\'" >&2; exit 1',
        );
        assert.match(dead.message, /python3 does not run, as in an environment/);
        assert.match(dead.nextStep, /^Make that environment anew/);
        const damaged = await install(
          'case "$*" in *"import pip"*) echo 3 ;; *" install "*) echo "ModuleNotFoundError: No module named \'pip._vendor\'" >&2; exit 1 ;; esac',
        );
        assert.match(damaged.message, /pip itself is damaged/);
        assert.match(damaged.nextStep, /ensurepip --upgrade/);
      } finally {
        fs.rmSync(bin, { recursive: true });
      }
    },
  );

  itUnless(noPython, 'says that the index cannot be reached, and leaves nothing', async () => {
    const { message } = await failure(
      installRuntime({
        version: '1.7.1.116',
        folder,
        // Port 9 answers nobody.
        pipArguments: ['--isolated', '--index-url=http://127.0.0.1:9/simple', '--retries=1'],
      }),
    );
    assert.match(message, /could not be reached/);
  });

  itUnless(noPython, 'stops when it is cancelled, and leaves nothing', async () => {
    const abort = new AbortController();
    const { code } = await failure(
      installRuntime({
        version: '1.7.1.116',
        folder,
        signal: abort.signal,
        onProgress: ({ step }) => step === 'Asking the package index' && abort.abort(),
      }),
    );
    assert.equal(code, 'cancelled');
  });

  it('refuses what is not on offer', async () => {
    const { code, nextStep } = await failure(installRuntime({ version: '9.9.9.9', folder }));
    assert.equal(code, 'invalid-argument');
    assert.match(nextStep, /1\.7\.1\.116/);
  });

  itUnless(
    noPython,
    'removes what an installation that was killed left, and keeps what another one makes',
    async () => {
      // No process has this id; 1 always runs.
      fs.mkdirSync(path.join(folder, '.installing-1.5.0.114-4194305'));
      fs.mkdirSync(path.join(folder, '.installing-1.6.1.120-1'));
      const abort = new AbortController();
      await assert.rejects(
        installRuntime({
          version: '1.7.1.116',
          folder,
          signal: abort.signal,
          onProgress: ({ step }) => step === 'Asking the package index' && abort.abort(),
        }),
      );
      assert.deepEqual(fs.readdirSync(folder), ['.installing-1.6.1.120-1']);
    },
  );
});
