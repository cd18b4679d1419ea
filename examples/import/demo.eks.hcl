# The cluster demo and what belongs to it, as written by: eksform import cluster demo
#
# Not described, because eksform does not manage it:
#   node groups: workers
#   access entries: arn:aws:iam::123456789012:role/admins
#
# Left out:
#   addon demo/coredns: it belongs to the stack "networking"
#   role gone: it does not exist

role "demo-cluster" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]

  trust {
    service = "eks.amazonaws.com"
    actions = ["sts:AssumeRole"]
  }
}

cluster "demo" {
  version           = "1.33"
  role_arn          = role.demo-cluster.arn
  enabled_log_types = ["api", "audit"]
  tags              = { env = "prod" }

  vpc {
    subnet_ids              = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
    endpoint_private_access = true
  }

  access_config { authentication_mode = "API" }
}

role "ebs-irsa" {
  path = "/platform/"
  inline_policies = {
    kms = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:CreateGrant"]
        Resource = "*"
      }]
    })
  }

  trust {
    federated = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/AAAA"

    condition {
      test     = "StringEquals"
      variable = "oidc.eks.us-east-2.amazonaws.com/id/AAAA:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "oidc.eks.us-east-2.amazonaws.com/id/AAAA:sub"
      values   = ["system:serviceaccount:kube-system:ebs-csi-controller-sa"]
    }
  }
}

addon "aws-ebs-csi-driver" {
  cluster                  = cluster.demo.name
  version                  = "v1.44.0-eksbuild.1"
  service_account_role_arn = role.ebs-irsa.arn
}

role "AmazonEKSPodIdentityAmazonVPCCNIRole" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
  description      = "Allows pods"
}

addon "vpc-cni" {
  cluster = cluster.demo.name
  version = "v1.19.0-eksbuild.1"
  configuration_values = {
    env = { ENABLE_PREFIX_DELEGATION = "true", WARM_IP_TARGET = "2" }
  }

  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.AmazonEKSPodIdentityAmazonVPCCNIRole.arn
  }
}

role "demo" {
  for_each = toset(["orders", "payments", "users"])
  name     = "demo-${each.key}"
  tags     = { team = "shop" }
}

pod_identity_association "workloads" {
  for_each = {
    users    = "accounts"
    orders   = "shop"
    payments = "shop"
  }

  cluster         = cluster.demo.name
  namespace       = each.value
  service_account = each.key
  role_arn        = role.demo[each.key].arn
}

pod_identity_association "nightly" {
  cluster         = cluster.demo.name
  namespace       = "reports"
  service_account = "nightly"
  role_arn        = "arn:aws:iam::123456789012:role/gone"    # it does not exist
  target_role_arn = "arn:aws:iam::210987654321:role/reports" # of account 210987654321
}
