/** "Install TensorRT-RTX" behind a proxy: the real pip, and an index whose name nobody but the proxy knows. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Failure } from '../../src/core/wire/failure';
import { installRuntime, packageName, type Proxy } from '../../src/host/runtimes/installRuntime';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { describeUnless, underWine } from '../support/leaveOut';
import { newest } from '../support/releases';

const index = 'packages.invalid';

describeUnless(underWine('there is no Python for Windows'), 'installing behind a proxy', () => {
  let folder: TemporaryFolder;
  let server: Server;
  let proxy: Proxy;
  let asked: string[];
  /** What the proxy wants to hear before it does anything. */
  let password: string | null;

  beforeEach(async () => {
    folder = temporaryFolder();
    asked = [];
    password = null;
    const isKnown = (authorization: string | undefined) =>
      password === null || authorization === `Basic ${Buffer.from(password).toString('base64')}`;
    server = createServer((request, response) => {
      const { url = '', headers } = request;
      asked.push(url);
      if (!isKnown(headers['proxy-authorization'])) response.writeHead(407).end();
      else if (url.endsWith('.whl')) response.end('another file');
      else {
        const wheel = `tensorrt_rtx_cu13_libs-${newest}-py3-none-any.whl`;
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(`<a href="http://${index}/${wheel}">${wheel}</a>`);
      }
    });
    server.on('connect', ({ url = '' }, socket) => {
      asked.push(url);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    proxy = { url: `http://127.0.0.1:${port}`, except: ['elsewhere.invalid'] };
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
    folder.remove();
  });

  const install = async (scheme: 'http' | 'https', by: Proxy): Promise<Failure> => {
    const error: unknown = await installRuntime({
      version: newest,
      folder: folder.path,
      proxy: by,
      pipArguments: [
        ...['--isolated', '--retries=1', `--trusted-host=${index}`],
        `--index-url=${scheme}://${index}/simple`,
      ],
    }).then(
      () => assert.fail('it was installed'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Failure, String(error));
    assert.deepEqual(fs.readdirSync(folder.path), [], 'something was left');
    return error;
  };

  it('asks the proxy of VS Code, and takes no other file from it', async () => {
    const { message, nextStep } = await install('http', proxy);
    assert.match(message, /not the file that NVIDIA published/);
    assert.match(nextStep, /a proxy or mirror changes files/);
    assert.deepEqual(
      asked.map((url) => url.replace(/-[^/]*\.whl$/, '.whl')),
      [`http://${index}/simple/${packageName}/`, `http://${index}/tensorrt_rtx_cu13_libs.whl`],
    );
  });

  it('hands the name and the password on, and says where they are missing', async () => {
    password = 'me:secret';
    const { message, nextStep, detail } = await install('https', proxy);
    assert.match(message, /the proxy asks for a name and a password/, detail);
    assert.match(nextStep, /"http\.proxy"/);
    assert.equal(asked[0], `${index}:443`);
    const known = { ...proxy, url: proxy.url.replace('//', '//me:secret@') };
    assert.match((await install('http', known)).message, /not the file that NVIDIA published/);
  });

  it('says that the proxy is not there, not that the index is not', async () => {
    // Port 9 answers nobody.
    const { message, nextStep } = await install('https', { url: 'http://127.0.0.1:9', except: [] });
    assert.match(message, /the proxy could not be reached/);
    assert.match(nextStep, /"http\.proxy"/);
  });

  it('leaves the hosts alone that are asked without it', async () => {
    const { message } = await install('http', { ...proxy, except: [index] });
    assert.match(message, /the package index could not be reached/);
    assert.deepEqual(asked, []);
  });
});
