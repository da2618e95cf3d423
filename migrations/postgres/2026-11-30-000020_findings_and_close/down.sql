DROP TABLE chain_anchors;
DROP TABLE period_manifests;
DROP TABLE findings;
