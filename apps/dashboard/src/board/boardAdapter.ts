import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  ControllerHandlerReturnType,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { escapeHtml } from '../http/escapeHtml.js';

/** Serves Bull Board through Fastify. */
export interface BoardAdapter extends IServerAdapter {
  /** Bull Board's page, its files and its API; register it at `/` after `createBullBoard`. */
  readonly plugin: FastifyPluginAsync;
}

/** What Bull Board sets before the plugin is registered; only `uiConfig` changes afterwards. */
interface Settings {
  queues: BullBoardQueues;
  uiConfig: UIConfig;
  viewsPath: string;
  files: { readonly prefix: string; readonly root: string };
  entry: AppViewRoute | undefined;
  api: readonly AppControllerRoute[];
  onError: (error: Error) => ControllerHandlerReturnType;
}

/** What Bull Board's handlers read of a request. */
interface BoardRequest {
  readonly Params: Record<string, string>;
  readonly Querystring: Record<string, unknown>;
  readonly Body: Record<string, unknown>;
}

/** Bull Board reads no request headers, so it does not receive them: they include the session cookie. */
const NO_HEADERS = {};

/**
 * Creates an adapter for `createBullBoard`. Replaces `@bull-board/fastify`, which depends on a file server that needs a
 * newer Node.js than we support, and on a template engine for a single page.
 */
export function createBoardAdapter(): BoardAdapter {
  const settings: Settings = {
    queues: new Map(),
    uiConfig: {},
    viewsPath: '',
    files: { prefix: '', root: '' },
    entry: undefined,
    api: [],
    onError: () => ({ status: 500, body: {} }),
  };
  const set = (change: Partial<Settings>): BoardAdapter => {
    Object.assign(settings, change);
    return adapter;
  };
  const adapter: BoardAdapter = {
    setQueues: (queues) => set({ queues }),
    setUIConfig: (uiConfig) => set({ uiConfig }),
    setViewsPath: (viewsPath) => set({ viewsPath }),
    setStaticPath: (prefix, root) => set({ files: { prefix, root } }),
    setEntryRoute: (entry) => set({ entry }),
    setApiRoutes: (api) => set({ api }),
    setErrorHandler: (onError) => set({ onError }),
    async plugin(scope) {
      scope.setErrorHandler<Error>((error, _request, reply) => {
        const { status = 500, body } = settings.onError(error);
        return reply.status(status).send(body);
      });
      await scope.register(fastifyStatic, { ...settings.files, decorateReply: false });
      await servePage(scope, settings);
      for (const route of settings.api) serveCall(scope, settings, route);
    },
  };
  return adapter;
}

async function servePage(scope: FastifyInstance, settings: Settings): Promise<void> {
  if (settings.entry === undefined) return;
  const { route, handler } = settings.entry;
  const { name } = handler({ basePath: '', uiConfig: settings.uiConfig });
  const template = await readFile(join(settings.viewsPath, name), 'utf8');
  for (const url of [route].flat()) {
    scope.get(url, (_request, reply) => {
      const { params } = handler({ basePath: '', uiConfig: settings.uiConfig });
      return reply.type('text/html; charset=utf-8').send(fill(template, params));
    });
  }
}

function serveCall(scope: FastifyInstance, settings: Settings, { method, route, handler }: AppControllerRoute): void {
  for (const url of [route].flat()) {
    scope.route<BoardRequest>({
      method: [method].flat().map((one) => one.toUpperCase()),
      url,
      async handler({ params, query, body }, reply) {
        const { queues, uiConfig } = settings;
        const response = await handler({ queues, uiConfig, params, query, body, headers: NO_HEADERS });
        return reply.status(response.status ?? 200).send(response.body);
      },
    });
  }
}

/** Renders the two EJS forms that the page uses: `<%= name %>` escaped, `<%- name %>` verbatim. */
function fill(template: string, values: Readonly<Record<string, string | undefined>>): string {
  return template.replace(/<%([=-])\s*(\w+)\s*%>/g, (_, form: string, name: string) => {
    const value = values[name] ?? '';
    return form === '=' ? escapeHtml(value) : value;
  });
}
