//! EKS's insights into what stands in the way of the next Kubernetes version.

use super::Reader;
use crate::aws::error::CallError;
use crate::live::Insight;
use aws_sdk_eks::types::{Category, InsightStatusValue, InsightsFilter};

/// What is not passing of a cluster's upgrade insights. Source: EKS `ListInsights`, which tells the reason too.
pub async fn upgrade(reader: &Reader, cluster: &str) -> Result<Vec<Insight>, CallError> {
    let mut insights = Vec::new();
    let mut next = None;
    loop {
        let token: Option<String> = next;
        let page = reader
            .connection
            .eks
            .run("ListInsights", |eks| {
                let filter = InsightsFilter::builder()
                    .categories(Category::UpgradeReadiness)
                    .statuses(InsightStatusValue::Error)
                    .statuses(InsightStatusValue::Warning)
                    .build();
                eks.list_insights()
                    .cluster_name(cluster)
                    .filter(filter)
                    .max_results(100)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        insights.extend(page.insights().iter().map(|insight| {
            let status = insight.insight_status();
            Insight {
                name: insight.name().unwrap_or_default().into(),
                kubernetes: insight.kubernetes_version().unwrap_or_default().into(),
                blocking: status.and_then(|status| status.status()) == Some(&InsightStatusValue::Error),
                reason: status.and_then(|status| status.reason()).unwrap_or_default().into(),
            }
        }));
        next = page.next_token;
        if next.is_none() {
            return Ok(insights);
        }
    }
}
