//! EKS's insights into what stands in the way of the next Kubernetes version.

use super::Reader;
use super::pages::{PAGE, all_pages};
use crate::aws::error::CallError;
use crate::live::Insight;
use aws_sdk_eks::types::{Category, InsightStatusValue, InsightSummary, InsightsFilter};

/// What is not passing of a cluster's upgrade insights. Source: EKS `ListInsights`, which tells the reason too.
pub async fn upgrade(reader: &Reader, cluster: &str) -> Result<Vec<Insight>, CallError> {
    let filter = InsightsFilter::builder()
        .categories(Category::UpgradeReadiness)
        .statuses(InsightStatusValue::Error)
        .statuses(InsightStatusValue::Warning)
        .build();
    let read = all_pages(|token| {
        let filter = &filter;
        async move {
            let answer = reader.connection.eks.run("ListInsights", |eks| {
                eks.list_insights()
                    .cluster_name(cluster)
                    .filter(filter.clone())
                    .max_results(PAGE)
                    .set_next_token(token.clone())
                    .send()
            });
            let page = answer.await?;
            Ok(Some((page.insights().iter().map(insight).collect(), page.next_token)))
        }
    });
    Ok(read.await?.unwrap_or_default())
}

fn insight(summary: &InsightSummary) -> Insight {
    let status = summary.insight_status();
    Insight {
        name: summary.name().unwrap_or_default().into(),
        kubernetes: summary.kubernetes_version().unwrap_or_default().into(),
        blocking: status.and_then(|status| status.status()) == Some(&InsightStatusValue::Error),
        reason: status.and_then(|status| status.reason()).unwrap_or_default().into(),
    }
}
