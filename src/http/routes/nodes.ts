/** `/admin/v1/nodes`: nodes join, change, are drained and leave. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { NodeChange } from '../../kv/balance/node-commands.js';
import { nodeIn } from '../../kv/balance/node-commands.js';
import {
  creatingHeaders,
  dryRunQuery,
  joinAnswerSchema,
  joinBody,
  nodeChangeBody,
  nodeDocumentSchema,
  numberParams,
  reasonBody,
  undertakingSchema,
} from '../cluster-schemas.js';
import { clusterNodeView } from '../cluster-view.js';
import { noQuery, operationHeaders } from '../schemas.js';
import {
  type ClusterRouteOptions,
  nodeNumber,
  reading,
  refusals,
  tags,
} from './cluster-options.js';
import { undertake } from './undertaking.js';

export const joinRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context } = options;
  app.post(
    '/admin/v1/nodes',
    {
      schema: {
        tags,
        summary: 'A node joins; the same data folder that asks again is the same node',
        ...{ querystring: noQuery, headers: operationHeaders, body: joinBody },
        response: { 201: joinAnswerSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const { zone, weight = 1, version, ...addresses } = request.body;
      const { peer_address: peerAddress, http_address: httpAddress } = addresses;
      const introduction = { zone, weight, version, peerAddress, httpAddress };
      const storeId = addresses.store_id;
      const node = await cluster().joinNode({ ...introduction, storeId }, context(request));
      const documents = cluster().documents();
      const { cluster: clusterId, bootstrapDigest, format } = cluster().status();
      const others = new Map(documents.nodes).set(node.id, node);
      return reply.code(201).send({
        node_id: node.id,
        cluster_id: clusterId,
        bootstrap_digest: bootstrapDigest,
        format,
        nodes: [...others.values()].map((other) => clusterNodeView(other, documents)),
      });
    },
  );
};

export const nodeRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context } = options;
  app.get(
    '/admin/v1/nodes/:id',
    {
      schema: {
        ...{ tags, summary: 'One node, as the cluster knows it', querystring: noQuery },
        params: numberParams,
        response: { 200: nodeDocumentSchema, ...reading },
      },
    },
    async (request) => {
      const documents = cluster().documents();
      return clusterNodeView(nodeIn(documents, nodeNumber(request.params.id)), documents);
    },
  );
  app.patch(
    '/admin/v1/nodes/:id',
    {
      schema: {
        tags,
        summary: 'Another zone, weight or address of a node',
        description: 'Weight and zone move nothing by themselves; a plan for balance does.',
        ...{ params: numberParams, querystring: noQuery, headers: operationHeaders },
        body: nodeChangeBody,
        response: { 200: nodeDocumentSchema, ...refusals },
      },
    },
    async (request) => {
      const id = nodeNumber(request.params.id);
      const node = await cluster().changeNode(id, nodeChange(request.body), context(request));
      return clusterNodeView(node, cluster().documents());
    },
  );
  app.delete(
    '/admin/v1/nodes/:id',
    {
      schema: {
        ...{ tags, summary: 'Remove a node that holds nothing any more', querystring: noQuery },
        ...{ params: numberParams, headers: operationHeaders },
        response: { 200: nodeDocumentSchema, ...refusals },
      },
    },
    async (request) => {
      const node = await cluster().removeNode(nodeNumber(request.params.id), context(request));
      return clusterNodeView(node, cluster().documents());
    },
  );
};

export const drainRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context } = options;
  app.post(
    '/admin/v1/nodes/:id/drain',
    {
      schema: {
        tags,
        summary: 'Move everything away from a node, and give it nothing new',
        description:
          'It is marked as draining and a job empties it. 409 with the reason when the others ' +
          'could not hold what it has. What comes of it later is moved away too, until `undrain`.',
        ...{ params: numberParams, querystring: dryRunQuery, headers: creatingHeaders },
        body: reasonBody,
        response: { 200: undertakingSchema, 202: undertakingSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const node = nodeNumber(request.params.id);
      return undertake(options, { request, reply, goal: { kind: 'drain', node } });
    },
  );
  app.post(
    '/admin/v1/nodes/:id/undrain',
    {
      schema: {
        tags,
        summary: 'The node may hold shards again; what was moved away stays where it is',
        ...{ params: numberParams, querystring: noQuery, headers: operationHeaders },
        body: reasonBody,
        response: { 200: nodeDocumentSchema, ...refusals },
      },
    },
    async (request) => {
      const id = nodeNumber(request.params.id);
      const node = await cluster().undrainNode(id, context(request));
      return clusterNodeView(node, cluster().documents());
    },
  );
};

function nodeChange(body: z.output<typeof nodeChangeBody>): NodeChange {
  const { zone, weight, peer_address: peerAddress, http_address: httpAddress } = body;
  return {
    ...(zone !== undefined && { zone }),
    ...(weight !== undefined && { weight }),
    ...(peerAddress !== undefined && { peerAddress }),
    ...(httpAddress !== undefined && { httpAddress }),
  };
}
